"""A file as people hand it over: four rows that are events, one of nobody, one at no time."""

EVENTS = """time,customer,event
2026-05-04T10:00:00Z,anna,cart
2026-05-04T10:20:00Z,anna,order
2026-05-05T09:00:00Z,bo,cart
2026-05-06T09:00:00Z,,cart
never,cecilia,cart
2026-05-07T09:00:00Z,david,order
"""
