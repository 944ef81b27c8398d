"""The MCP server. Loaded only if MCP_ENABLED, as the library takes long to import."""
