"""Which event belongs to which: causes, effects seen by several witnesses, clocks."""
