"""Who is calling: the sources are asked, and what employees chose or created is kept."""
