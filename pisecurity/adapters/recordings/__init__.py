"""Clips that are written and labelled."""
