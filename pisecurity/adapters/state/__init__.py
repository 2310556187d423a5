"""What lies in the state folder beside the database: files that are whole or not there."""
