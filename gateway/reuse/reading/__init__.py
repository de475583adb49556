"""What a check reads: results, studies and samples, and what happened to the patient since."""
