namespace VirtHandover.Bus;

/// <summary>One D-Bus value of any type, copied out of its message; values of equal type and content are equal.</summary>
internal abstract record BusValue
{
    /// <summary>The complete D-Bus type, for example <c>a{sv}</c>.</summary>
    internal abstract string Signature { get; }

    public static implicit operator BusValue(string value) => new Text(value);

    public static implicit operator BusValue(bool value) => new Boolean(value);

    public static implicit operator BusValue(byte value) => new Byte(value);

    public static implicit operator BusValue(int value) => new Int32(value);

    public static implicit operator BusValue(uint value) => new UInt32(value);

    public static implicit operator BusValue(long value) => new Int64(value);

    public static implicit operator BusValue(ulong value) => new UInt64(value);

    public static implicit operator BusValue(double value) => new Double(value);

    /// <summary>An array of strings, <c>as</c>.</summary>
    internal static BusValue Strings(IEnumerable<string> values) => ArrayOf("s", values.Select(value => (BusValue)new Text(value)));

    /// <summary>An array whose element type is given, because an empty array has to have one too.</summary>
    internal static BusValue ArrayOf(string elementSignature, IEnumerable<BusValue> items) => new Array(elementSignature, [.. items]);

    /// <summary>A dictionary <c>a{sv}</c>; the values are wrapped into variants here.</summary>
    internal static BusValue Options(IEnumerable<KeyValuePair<string, BusValue>> items) =>
        ArrayOf("{sv}", items.Select(item => (BusValue)new Entry(item.Key, new Variant(item.Value))));

    /// <summary>The empty <c>a{sv}</c> that ends the arguments of most methods.</summary>
    internal static BusValue NoOptions() => Options([]);

    /// <summary>About how many bytes it takes in a message, rather too many than too few.</summary>
    internal long Size => this switch
    {
        // A NUL becomes a character of three bytes.
        Text { Value: var text } => 9L + System.Text.Encoding.UTF8.GetByteCount(text) + (2L * text.AsSpan().Count('\0')),
        ObjectPath { Value: var text } => 9L + text.Length,
        TypeSignature { Value: var text } => 3L + text.Length,
        Variant { Value: var inner } => 16L + inner.Size,
        Entry { Key: var key, Value: var value } => 8L + key.Size + value.Size,
        Array { Items: var items } => 12L + items.Sum(item => item.Size),
        Structure { Fields: var fields } => 8L + fields.Sum(part => part.Size),
        Byte => 1,
        _ => 8,
    };

    /// <summary>A structure.</summary>
    internal static BusValue StructOf(params BusValue[] fields) => new Structure(fields);

    internal sealed record Byte(byte Value) : BusValue
    {
        internal override string Signature => "y";
    }

    internal sealed record Boolean(bool Value) : BusValue
    {
        internal override string Signature => "b";
    }

    internal sealed record Int16(short Value) : BusValue
    {
        internal override string Signature => "n";
    }

    internal sealed record UInt16(ushort Value) : BusValue
    {
        internal override string Signature => "q";
    }

    internal sealed record Int32(int Value) : BusValue
    {
        internal override string Signature => "i";
    }

    internal sealed record UInt32(uint Value) : BusValue
    {
        internal override string Signature => "u";
    }

    internal sealed record Int64(long Value) : BusValue
    {
        internal override string Signature => "x";
    }

    internal sealed record UInt64(ulong Value) : BusValue
    {
        internal override string Signature => "t";
    }

    internal sealed record Double(double Value) : BusValue
    {
        internal override string Signature => "d";
    }

    internal sealed record Text(string Value) : BusValue
    {
        internal override string Signature => "s";
    }

    internal sealed record ObjectPath(string Value) : BusValue
    {
        internal override string Signature => "o";
    }

    internal sealed record TypeSignature(string Value) : BusValue
    {
        internal override string Signature => "g";
    }

    /// <summary>An open file in a message of others; it is passed over. None of ours has one.</summary>
    internal sealed record Descriptor : BusValue
    {
        internal static readonly Descriptor Passed = new();

        internal override string Signature => "h";
    }

    internal sealed record Variant(BusValue Value) : BusValue
    {
        internal override string Signature => "v";
    }

    internal sealed record Entry(BusValue Key, BusValue Value) : BusValue
    {
        internal override string Signature => $"{{{Key.Signature}{Value.Signature}}}";
    }

    internal sealed record Array(string ElementSignature, IReadOnlyList<BusValue> Items) : BusValue
    {
        internal override string Signature => "a" + ElementSignature;

        public bool Equals(Array? other) =>
            other is not null && ElementSignature == other.ElementSignature && Items.SequenceEqual(other.Items);

        public override int GetHashCode() => HashCode.Combine(ElementSignature, Items.Count);
    }

    internal sealed record Structure(IReadOnlyList<BusValue> Fields) : BusValue
    {
        internal override string Signature => $"({string.Concat(Fields.Select(value => value.Signature))})";

        public bool Equals(Structure? other) => other is not null && Fields.SequenceEqual(other.Fields);

        public override int GetHashCode() => Fields.Count;
    }
}
