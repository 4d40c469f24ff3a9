//! Rows that are read as one range.

use super::*;

#[test]
fn adjacent_rows_are_one_range() {
    assert_eq!(ranges(&[position(3, 0), position(3, 1), position(3, 5)]), [0..2, 5..6]);
    assert_eq!((file_of(position(3, 7)), row_of(position(3, 7))), (3, 7));
}
