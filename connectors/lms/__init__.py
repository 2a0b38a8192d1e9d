"""What every LMS has in common, whatever its kind: what is told to one, of whom there, and how that is looked over.

It knows no LMS.  A kind stands on it with settings (`settings`), ways of finding people (`matching`), a look at one course
(`inspection`), and a connector (`connector`) that lets in, ends and grades.
"""
