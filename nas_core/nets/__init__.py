"""Networks in torch. Nothing here is imported by the server process; `SearchSpace.build` imports it when asked."""
