"""What faces people: the command line, the views, the settings, the sample company. Nobody imports it."""
