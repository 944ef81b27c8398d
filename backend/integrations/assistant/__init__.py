"""The assistant: chats, prompts, tools, language models and their usage."""
