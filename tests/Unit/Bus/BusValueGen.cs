using CsCheck;
using VirtHandover.Bus;

namespace VirtHandover.Tests.Unit.Bus;

/// <summary>Random D-Bus values.</summary>
internal static class BusValueGen
{
    /// <summary>Any .NET string: lone surrogates, NUL and noncharacters included.</summary>
    internal static Gen<string> AnyText { get; } = Gen.OneOf(
        Gen.Char.Array[0, 20].Select(chars => new string(chars)),
        Among("\0", "a\0b", "\uFFFE", "\uFDD0", "\uFFFF", "\U0001FFFE", "\uD800", "\uDC00x", "e\u0301", "\u001b[31m", "日本語"));

    private static Gen<BusValue> Basic { get; } = Gen.OneOf(
        Gen.Byte.Select(value => (BusValue)value),
        Gen.Bool.Select(value => (BusValue)value),
        Gen.Short.Select(value => (BusValue)new BusValue.Int16(value)),
        Gen.UShort.Select(value => (BusValue)new BusValue.UInt16(value)),
        Gen.Int.Select(value => (BusValue)value),
        Gen.UInt.Select(value => (BusValue)value),
        Gen.Long.Select(value => (BusValue)value),
        Gen.ULong.Select(value => (BusValue)value),
        Gen.Double.Select(value => (BusValue)value),
        AnyText.Select(text => (BusValue)BusText.Sanitize(text)),
        Among("/", "/a", "/org/example/_1").Select(path => (BusValue)new BusValue.ObjectPath(path)),
        Among("", "s", "a{sv}(ii)").Select(signature => (BusValue)new BusValue.TypeSignature(signature)));

    internal static Gen<BusValue> Any { get; } = OfDepth(3);

    private static Gen<string> Among(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(index => texts[index]);

    private static Gen<BusValue> OfDepth(int depth)
    {
        if (depth == 0)
            return Basic;
        var inner = OfDepth(depth - 1);
        return Gen.OneOf(
            Basic,
            inner.Select(value => (BusValue)new BusValue.Variant(value)),
            inner.Array[1, 4].Select(values => BusValue.StructOf(values)),
            // All elements of an array have one type: the first one's.
            inner.Array[1, 4].Select(values => BusValue.ArrayOf(
                values[0].Signature, values.Where(value => value.Signature == values[0].Signature))),
            inner.Select(value => BusValue.ArrayOf(value.Signature, [])),
            Gen.Select(AnyText, inner).Array[0, 4].Select(pairs => BusValue.Options(
                pairs.Select(pair => KeyValuePair.Create(BusText.Sanitize(pair.Item1), pair.Item2)))));
    }
}
