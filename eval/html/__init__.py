"""The parts of the HTML report: what it says in two languages, its tables and charts, its template and style."""
