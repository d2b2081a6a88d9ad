"""What clients should not send, and what they are told: the right status, a code, a sentence, and never our fault.

Source: protections.md, sections 2.2 and 6.
"""
