"""What measures the way of an alert: a mail server that notes the time, a slow link, and who counts what arrived."""
