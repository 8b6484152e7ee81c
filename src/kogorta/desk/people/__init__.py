"""Who works at the desk: users, invitations, roles, sessions, two-factor sign-in."""
