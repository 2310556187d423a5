"""What the kernel and systemd say of the machine."""
