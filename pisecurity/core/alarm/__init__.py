"""What the alarm does about it: states, rules, schedule."""
