"""REST: operations as data, from which both the routes and the contract are made."""
