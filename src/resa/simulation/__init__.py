"""Customers drawn from a map: deterministic, of any number, with truths planted that a measuring tool should find.

    specification = read_specification(Path("simulation.yaml"))        # or from_map(journey_map)
    simulated = simulate(specification, customers=50_000, seed=1, truths=[specification.truths["broken_checkout"]])
    write_files(simulated, Path("incoming"))
"""
