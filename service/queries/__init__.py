"""The read side: one module a noun. Each turns a request into one SQL statement whose JSON PostgreSQL builds."""
