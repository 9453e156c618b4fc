"""The toolbox: each rule with its statement, its source and what it concludes from premises."""
