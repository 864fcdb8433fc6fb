"""What Resa costs beside its peers; run by hand, results in `docs/explanation/performance.md`."""
