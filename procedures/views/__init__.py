"""Pages of agencies, rollouts and procedures: what is to be done and how far it is."""
