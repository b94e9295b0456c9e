"""Where facts come from. Only this package knows ccxt, yfinance and HTTP."""
