BUILDS: dict[str, bool]
