"""Back ends that find groups, behind one protocol."""
