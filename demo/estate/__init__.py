"""The estate of the story: some eighty resources in two AWS accounts and one GCP project, with believable tags, ages and mistakes."""
