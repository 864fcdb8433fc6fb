"""SELECTs over the views that a workspace shows: how their text is put together."""
