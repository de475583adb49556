"""What a consortium's validators signed, checked from the pinned genesis on: headers, votes, validators."""
