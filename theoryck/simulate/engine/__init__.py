"""A claim judged by runs: problems of its class, what is measured on them, what that says."""
