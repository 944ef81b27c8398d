"""What a program does with the generated client. BASE_URL, EMAIL and PASSWORD say where and who."""

import os
from io import BytesIO
from uuid import uuid4

from mvp_backend_client import AuthenticatedClient, Client
from mvp_backend_client.api.auth import sign_in
from mvp_backend_client.api.executions import create_execution
from mvp_backend_client.api.files import download_file, upload_file
from mvp_backend_client.api.leads import list_leads
from mvp_backend_client.api.products import create_product, list_products
from mvp_backend_client.models import (
    FileForm,
    MoneyInput,
    PageLeadPublic,
    Problem,
    ProductCreate,
    ReportExecutionCreate,
    ReportInputs,
    ReportName,
    SignIn,
)
from mvp_backend_client.types import File

url = os.environ["BASE_URL"]
person = SignIn(username=os.environ["EMAIL"], password=os.environ["PASSWORD"])
tokens = sign_in.sync(client=Client(url), body=person)
client = AuthenticatedClient(url, tokens.access_token)

leads = list_leads.sync(client=client, limit=2)
assert isinstance(leads, PageLeadPublic), leads
assert leads.items[0].name

price = MoneyInput(amount="19.90", currency="EUR")
new = ProductCreate(sku=f"python-{uuid4()}", name="A book", price=price)
product = create_product.sync(client=client, body=new)
assert product.price.amount == "19.90", product
assert product.id in {each.id for each in list_products.sync(client=client, q="book").items}

report = ReportExecutionCreate(kind="report", inputs=ReportInputs(report=ReportName.LEADS_PIPELINE))
execution = create_execution.sync(client=client, body=report)
assert execution.status.value == "pending", execution

content = File(payload=BytesIO(b"Hello"), file_name="hello.txt")
uploaded = upload_file.sync(client=client, body=FileForm(file=content))
assert (uploaded.name, uploaded.size) == ("hello.txt", 5), uploaded
downloaded = download_file.sync(client=client, file_id=uploaded.id)
assert downloaded.payload.read() == b"Hello"

refused = create_product.sync(client=client, body=new)
assert isinstance(refused, Problem), refused
assert refused.status == 409, refused
