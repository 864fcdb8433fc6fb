"""What people see of a workspace in a browser: pages, who may open which, and the process that shows them."""
