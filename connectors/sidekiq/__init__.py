"""Sidekiq's jobs in Redis: waiting, at work, to be tried again, given up."""
