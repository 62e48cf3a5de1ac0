"""The estate of the story: some eighty resources in two AWS accounts and a GCP project, with tags, ages and mistakes."""
