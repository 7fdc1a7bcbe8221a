"""Every long job under every accident: what it does, how it is hurt, and what must hold afterwards."""
