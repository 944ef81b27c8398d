"""The use cases. A service owns its transactions and knows neither HTTP nor SQL."""
