"""Places for the data of attachments, behind one contract."""
