"""The application side of ABCI 2.0: CometBFT orders transactions, and this judges and keeps them."""
