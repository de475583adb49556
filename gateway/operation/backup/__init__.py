"""One file that brings a node back: made beside a running node, checked before anything is put in place."""
