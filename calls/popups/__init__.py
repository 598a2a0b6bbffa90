"""What each employee should see of a call, what they do see, and closing the gap between the two."""
