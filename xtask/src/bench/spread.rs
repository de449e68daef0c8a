//! A figure of several rounds.
//!
//! In: the figures. Out: their median and their range, as the tables show them, and what a comparison of two servers says.
//! Absent: which figures there are.

use std::fmt;

/// The median of some rounds, the least and the most.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// The median; of an even number of rounds, the upper one of the two in the middle.
    pub median: f64,
    /// The least.
    pub least: f64,
    /// The most.
    pub most: f64,
}

impl Spread {
    /// The spread of some figures; `None` if there are none.
    pub fn of(figures: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<_> = figures.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        Some(Self { median: *sorted.get(sorted.len() / 2)?, least: *sorted.first()?, most: *sorted.last()? })
    }

    /// How many times as much as `other` this is: at the median, at least, and at most. The rounds of two servers are compared
    /// with each other, not pair by pair, so this is the widest range that the rounds allow.
    pub fn over(self, other: Self) -> Self {
        Self {
            median: self.median / other.median,
            least: self.least / other.most,
            most: self.most / other.least,
        }
    }

    /// Every figure times `factor`, which must be positive.
    pub fn times(self, factor: f64) -> Self {
        Self { median: self.median * factor, least: self.least * factor, most: self.most * factor }
    }
}

/// `median (least to most)`, with the decimal places of the format.
impl fmt::Display for Spread {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = formatter.precision().unwrap_or(0);
        let Self { median, least, most } = self;
        write!(formatter, "{median:.places$} ({least:.places$} to {most:.places$})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_the_median_and_the_range() {
        let spread = Spread::of([3.0, 1.0, 2.0]).expect("there are figures");
        assert_eq!(format!("{spread:.1}"), "2.0 (1.0 to 3.0)");
        assert_eq!(format!("{:.0}", spread.times(10.0)), "20 (10 to 30)");
        assert_eq!(Spread::of([]), None);
    }

    #[test]
    fn a_ratio_is_as_wide_as_the_rounds_allow() {
        let [one, two] =
            [[1.0, 2.0, 4.0], [2.0, 4.0, 5.0]].map(|figures| Spread::of(figures).expect("figures"));
        assert_eq!(one.over(two), Spread { median: 0.5, least: 0.2, most: 2.0 });
    }
}
