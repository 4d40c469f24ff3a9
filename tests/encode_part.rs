//! The stage that encodes one part gives the bytes that a build writes.

use pressmark::part_files::{PartEncoder, encode_part};
use pressmark::record::Order;
use pressmark::release::Release;

use crate::support::{Test, articles, batches};

#[test]
fn a_part_is_the_same_alone_and_in_a_build() {
    let test = Test::set("", articles(&["a", "b", "c", "d"]));
    test.build("").check();
    let release = Release::open(test.path("set/1.0.0")).unwrap();
    let (manifest, schema) = (release.manifest(), release.load_schema().unwrap());
    let order = Order::new(schema.columns(), &manifest.order_by, &manifest.key).unwrap();
    let encoder = PartEncoder::new(schema.columns(), &order, &manifest.layout, &schema.sha256()).unwrap();
    let [listed] = &*manifest.parts else { panic!("four articles are one part") };
    let path = release.folder().join(listed.path(0));

    let rows = &batches(&path)[0];
    // Any split of the records into batches gives the same part.
    let split = [rows.slice(0, 1), rows.slice(1, 3)];
    let (part, bytes) = encode_part(&encoder, split, Vec::new()).unwrap();
    assert!(bytes == std::fs::read(&path).unwrap());
    assert_eq!((part.rows, part.bytes, part.sha256), (listed.rows, listed.bytes, listed.sha256));
    assert_eq!(
        (part.fingerprint, part.first, part.last),
        (listed.fingerprint, listed.first.clone(), listed.last.clone())
    );

    let fault = |batches: &[&arrow_array::RecordBatch]| {
        let batches = batches.iter().copied().cloned();
        encode_part(&encoder, batches, Vec::new()).unwrap_err().to_string()
    };
    assert_eq!(fault(&[]), "a part has at least one record");
    let (first, others) = (&rows.slice(0, 1), &rows.slice(1, 3));
    assert_eq!(fault(&[others, first]), "the record in row 1 of batch 2 is not in the order of the release");
    assert_eq!(fault(&[first, first]), "the record in row 1 of batch 2 is not in the order of the release");
    let narrow = first.project(&[0]).unwrap();
    assert_eq!(fault(&[&narrow]), "a batch does not have the columns of the schema");
}
