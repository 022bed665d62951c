//! What members can demand: letters, deadlines, comparison with an operator's reply. Pure.
