"""The ground floor: errors, clock, durable files, settings, logging. Knows nothing of journeys."""
