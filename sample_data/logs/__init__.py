"""The logs of the shop, each in the format of the software that writes it."""
