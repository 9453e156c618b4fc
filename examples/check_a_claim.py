"""Check a claim from Python: gradient descent on a smooth convex function."""

import theoryck

claim = {
    "id": "gd-smooth-convex",
    "parameters": {"L": "L > 0", "R": "R > 0", "N": "integer, N >= 1"},
    "method": "gradient_descent(step=1/L)",
    "assumptions": ["convex", "smooth(L)"],
    "initial": "norm(x[0] - x_star)**2 <= R**2",
    "measure": "f(x[N]) - f_star",
    "bound": "L*R**2/(4*N + 2)",
    "at": [{"L": 1, "R": 1, "N": 1}, {"L": 2, "R": 3, "N": 3}],
}

if __name__ == "__main__":
    verdict = theoryck.check(claim)
    print(f"{verdict.id}: {verdict.status} ({verdict.scope})")
    print(verdict.reason)
    for instance in verdict.instances:
        print(dict(instance.at), "worst case", instance.worst_case, "claimed", instance.claimed)
