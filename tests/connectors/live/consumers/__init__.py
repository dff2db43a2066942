"""How workers take orders from each kind of queue; loaded by `shop` in processes of their own."""
