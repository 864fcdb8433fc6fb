"""The words of Resa as frozen objects and Arrow schemas. No behaviour beyond what follows from the data itself."""
