"""What is allowed: rules and their SQL expressions. No GraphQL, no HTTP, no settings."""
