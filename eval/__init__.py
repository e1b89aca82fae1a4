"""Measure how well questions are answered: labelled questions in, figures out."""
