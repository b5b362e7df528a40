"""What, and how far: procedures, standards, plans, rollouts, milestones, declarations, documents."""
