"""What clients of servers on this machine have in common."""

import ssl

NO_AUTHORITIES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Nobody speaks TLS here. Each client that is not given this as `verify` reads all authorities, for 16 milliseconds."""
